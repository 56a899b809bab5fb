/** A text that came from outside (a file's name, a header) as a terminal may be given it: what would steer it is spelt out. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
