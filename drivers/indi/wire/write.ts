import type { VectorKind } from './elements.ts';

/** What a client says. Values are escaped; numbers are written in full. */

export function getProperties(device?: string, name?: string): string {
  return `<getProperties version="1.7"${attribute('device', device)}${attribute('name', name)}/>\n`;
}

export type BlobWish = 'Never' | 'Also' | 'Only';

/** Without it a server takes exposures and sends none of them. */
export function enableBlob(device: string, wish: BlobWish): string {
  return `<enableBLOB${attribute('device', device)}>${wish}</enableBLOB>\n`;
}

/** New values for the members of a vector. */
export function newVector(
  kind: Exclude<VectorKind, 'Light' | 'BLOB'>,
  device: string,
  name: string,
  members: Readonly<Record<string, string | number>>,
): string {
  const values = Object.entries(members).map(
    ([member, value]) => `<one${kind}${attribute('name', member)}>${escaped(String(value))}</one${kind}>`,
  );
  return `<new${kind}Vector${attribute('device', device)}${attribute('name', name)}>${values.join('')}</new${kind}Vector>\n`;
}

function attribute(name: string, value: string | undefined): string {
  return value === undefined ? '' : ` ${name}="${escaped(value)}"`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
