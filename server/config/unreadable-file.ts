import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whether a file is simply not there; false when something keeps this process from looking. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
}

/**
 * Why a file could not be read, and what to do: the path, the system's code, who owns what stands in the way
 * and who asked. To be read after the name of the setting that names the file.
 */
export function whyUnreadable(file: string, error: unknown): { problem: string; repair: string } {
  const code = codeOf(error);
  if (isAbsent(error)) {
    return { problem: `names ${file}, which is not there (${code})`, repair: 'check the path' };
  }
  const repair = 'run this command as the owner, or give the file to the user who runs it (chown)';
  if (code !== 'EACCES' && code !== 'EPERM') {
    return { problem: `cannot be read from ${file} (${code})`, repair: 'check what stands at this path' };
  }
  const obstacle = nearestVisible(file);
  const what = obstacle.path === file ? 'it' : `the folder ${obstacle.path}`;
  const asker = process.geteuid?.() ?? 'unknown';
  return {
    problem: `cannot be read from ${file} (${code}): ${what} belongs to ${userName(obstacle.uid)}, mode ${obstacle.mode}, and this process runs as ${userName(asker)}`,
    repair,
  };
}

/** What has to be looked at first: the file, or the folder above it that cannot be entered. */
function nearestVisible(file: string): { path: string; uid: number | string; mode: string } {
  for (let path = file; ; path = dirname(path)) {
    try {
      const { uid, mode } = statSync(path);
      return { path, uid, mode: (mode & 0o7777).toString(8) };
    } catch {
      if (path === dirname(path)) return { path, uid: 'unknown', mode: 'unknown' };
    }
  }
}

function userName(uid: number | string): string {
  return uid === 0 ? 'root (user 0)' : `user ${uid}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
