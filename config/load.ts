import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { describeError, TellOperator } from '../base/errors.ts';
import { type Config, configSchema } from './schema.ts';

/** Everything that is wrong with a configuration, told at once. */
export class ConfigError extends TellOperator {
  readonly faults: readonly string[];

  constructor(where: string, faults: readonly string[]) {
    super('CONFIG_INVALID', `The configuration ${where} cannot be used:\n${faults.map((f) => `  - ${f}`).join('\n')}`);
    this.faults = faults;
  }
}

/**
 * Reads a YAML configuration. Relative paths in it are relative to the file's folder. Throws ConfigError with every
 * fault at once: the key, the value found and what is allowed.
 */
export async function loadConfig(path: string): Promise<Config> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new ConfigError(path, [`the file cannot be read: ${describeError(error)}`]);
  }
  return parseConfig(text, path, dirname(resolve(path)));
}

/** The same from text; `baseFolder` is what relative paths are relative to. */
export function parseConfig(text: string, where: string, baseFolder: string): Config {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      where,
      document.errors.map((error) => `not valid YAML: ${error.message.split('\n')[0] ?? error.code}`),
    );
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    throw new ConfigError(where, [`not usable YAML: ${describeError(error)}`]);
  }
  const result = configSchema.safeParse(value ?? {});
  if (!result.success)
    throw new ConfigError(
      where,
      result.error.issues.flatMap((issue) => explain(issue, value)),
    );
  return withAbsolutePaths(result.data, baseFolder);
}

function withAbsolutePaths(config: Config, baseFolder: string): Config {
  const absolute = (path: string) => resolve(baseFolder, path);
  return {
    ...config,
    dataDir: absolute(config.dataDir),
    catalogue: {
      ...config.catalogue,
      ...(config.catalogue.file !== undefined && { file: absolute(config.catalogue.file) }),
    },
    reduction: {
      ...config.reduction,
      ...(config.reduction.leapSecondsFile !== undefined && {
        leapSecondsFile: absolute(config.reduction.leapSecondsFile),
      }),
    },
    instruments: config.instruments.map((instrument) => ({
      ...instrument,
      folders: instrument.folders.map(absolute),
    })),
    movingTargets: config.movingTargets.map((target) => ({
      ...target,
      ...(target.ephemeris !== undefined && { ephemeris: absolute(target.ephemeris) }),
    })),
    destinations: config.destinations.map((destination) => withAbsoluteFiles(destination, absolute)),
    page: withAbsoluteFiles(config.page, absolute),
    notices: {
      ...config.notices,
      channels: config.notices.channels.map((channel) => withAbsoluteFiles(channel, absolute)),
    },
  };
}

/** The files of its secrets and the folder that an entry names, whichever of them it has. */
function withAbsoluteFiles<Entry extends object>(entry: Entry, absolute: (path: string) => string): Entry {
  const paths = Object.entries(entry).filter(
    ([key, path]) => /^((token|password|url)File|folder)$/.test(key) && typeof path === 'string',
  );
  return { ...entry, ...Object.fromEntries(paths.map(([key, path]) => [key, absolute(path as string)])) };
}

function explain(issue: z.core.$ZodIssue, root: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${keyName([...issue.path, key])}: there is no such key; check its spelling`);
  }
  const found = valueAt(root, issue.path);
  if (found === undefined && issue.code === 'invalid_type')
    return [`${keyName(issue.path)}: must be given (${issue.message})`];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return [`${keyName(issue.path)}: ${show(found)} matches none of the allowed forms`];
  }
  return [`${keyName(issue.path)}: found ${show(found)}; ${issue.message}`];
}

function keyName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the whole file';
  return path.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`;
    return name === '' ? String(key) : `${name}.${String(key)}`;
  }, '');
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
