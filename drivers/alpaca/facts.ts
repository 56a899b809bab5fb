/** Values of a device by the lower-case names of their members, read leniently: servers write numbers and truth as text. */
export class Facts {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown> = new Map()) {
    this.#values = values;
  }

  /** Undefined where the device does not tell, or tells no finite number. */
  number(member: string): number | undefined {
    const value = this.#values.get(member);
    if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined;
    const number = Number(value);
    return Number.isFinite(number) ? number : undefined;
  }

  /** Undefined where the device gives no clear word. */
  flag(member: string): boolean | undefined {
    const word = String(this.#values.get(member) ?? '').toLowerCase();
    return word === 'true' ? true : word === 'false' ? false : undefined;
  }

  text(member: string): string | undefined {
    const value = this.#values.get(member);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** Names of a list; some servers write objects with a name and a label in place of text. */
  names(member: string): readonly string[] {
    const value = this.#values.get(member);
    if (!Array.isArray(value)) return [];
    return value.map((entry: unknown) => {
      if (typeof entry !== 'object' || entry === null) return String(entry);
      const { name, label } = Object.fromEntries(Object.entries(entry).map(([key, one]) => [key.toLowerCase(), one]));
      return String(name ?? label ?? '');
    });
  }
}
