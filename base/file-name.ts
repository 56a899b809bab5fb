/** A name from outside as part of a file's name, on any system: letters, digits and `._+-`, never hidden, never too long. */
export function fileNameOf(text: string): string {
  return (
    text
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9._+-]+/g, '_')
      .replace(/^\.+/, '_')
      .slice(0, 80) || '_'
  );
}
