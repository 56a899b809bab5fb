import type { ZodType } from 'zod';

/** What stood in the JSON, or why it cannot be read, in plain words. */
export type ReadJson<Value> =
  | { readonly value: Value; readonly unreadable?: undefined }
  | { readonly value?: undefined; readonly unreadable: string };

/** Reads stored JSON by its schema. Never throws: what is damaged, or of a program to come, costs only itself. */
export function readJson<Value>(schema: ZodType<Value>, json: string): ReadJson<Value> {
  let plain: unknown;
  try {
    plain = JSON.parse(json);
  } catch (error) {
    return { unreadable: `it is not JSON: ${(error as Error).message}` };
  }
  const read = schema.safeParse(plain);
  if (read.success) return { value: read.data };
  const { path, message } = read.error.issues[0]!;
  return { unreadable: path.length === 0 ? message : `${path.join('.')}: ${message}` };
}
