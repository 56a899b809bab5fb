/**
 * The rows of a CSV text (RFC 4180: quoted fields with doubled quotes and line ends in them), by the names of its first
 * row. Lines that begin with `#` and empty ones are left out; the divider is a comma, or a semicolon where the first row
 * has no comma.
 */
export function rowsOfCsv(text: string): Record<string, string>[] {
  const rows = fieldsOf(text.replace(/^\uFEFF/, '')).filter(
    (row) => !row[0]!.startsWith('#') && row.some((field) => field !== ''),
  );
  const [header, ...rest] = rows;
  return rest.map((row) => Object.fromEntries((header ?? []).map((name, k) => [name, row[k] ?? ''])));
}

function fieldsOf(text: string): string[][] {
  const first = text.split(/\r?\n/).find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  const divider = first.includes(',') ? ',' : ';';
  const rows: string[][] = [[]];
  let field = '';
  let isQuoted = false;
  const endField = () => {
    rows.at(-1)!.push(field.trim());
    field = '';
  };
  for (let k = 0; k < text.length; k++) {
    const letter = text[k]!;
    if (isQuoted) {
      if (letter !== '"') field += letter;
      else if (text[k + 1] === '"') field += text[++k];
      else isQuoted = false;
    } else if (letter === '"' && field.trim() === '') {
      field = '';
      isQuoted = true;
    } else if (letter === divider) endField();
    else if (letter === '\n') {
      endField();
      rows.push([]);
    } else field += letter;
  }
  endField();
  return rows;
}
