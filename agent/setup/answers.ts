import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileDurably } from '../../base/durable.ts';
import { readJson } from '../../base/read-json.ts';

/** What was answered so far, by the key of the question; an empty answer says that there is none. */
export type Answers = Readonly<Record<string, string>>;

const stored = z.object({ folders: z.array(z.string()), answers: z.record(z.string(), z.string()) });
export type SetupState = z.infer<typeof stored>;

/** Where the answers lie until the configuration is written. */
export const stateFile = (configPath: string): string => `${configPath}.init`;

/** What an earlier run that was left had; undefined where there is none, or none that can be read. */
export async function loadState(configPath: string): Promise<SetupState | undefined> {
  let text: string;
  try {
    text = await readFile(stateFile(configPath), 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
  return readJson(stored, text).value;
}

export async function saveState(configPath: string, state: SetupState): Promise<void> {
  await writeFileDurably(stateFile(configPath), JSON.stringify(state));
}

export async function dropState(configPath: string): Promise<void> {
  await rm(stateFile(configPath), { force: true });
}
