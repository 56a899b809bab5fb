import { access, constants, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EdgeError } from '../../../base/errors.ts';
import { saveNew } from '../../exports/save.ts';

/** What a delivery does with files; errors of the system come as they are. */
export interface FolderFiles {
  /** Whether the folder is there and can be written to: rejects where not. */
  check(folder: string): Promise<void>;
  /** Writes a file whole, in a folder of the folder; false where the name is taken. */
  save(folder: string, path: string, content: string | Uint8Array): Promise<boolean>;
  /** What a file holds; undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
}

export const diskFiles: FolderFiles = {
  async check(folder) {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  },
  async save(folder, path, content) {
    // A share that is not mounted must not be made up: only folders within it are made.
    await stat(folder);
    await mkdir(dirname(path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    try {
      await saveNew(path, content);
      return true;
    } catch (error) {
      if (error instanceof EdgeError && error.code === 'EXPORT_EXISTS') return false;
      throw error;
    }
  },
  read(path) {
    return readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  },
};
