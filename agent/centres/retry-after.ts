/**
 * The wait a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date), milliseconds; undefined when there is
 * none that can be understood. A date is counted from the server's own `Date`, so that a wrong clock here does not matter.
 */
export function retryAfterMs(
  headers: { readonly 'retry-after'?: string | undefined; readonly date?: string | undefined },
  nowMs: number,
): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const atMs = Date.parse(value);
  if (Number.isNaN(atMs)) return undefined;
  const serverMs = Date.parse(headers.date ?? '');
  return Math.max(0, atMs - (Number.isNaN(serverMs) ? nowMs : serverMs));
}
