import { lstatSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { dirname } from 'node:path';

/**
 * Keeps compiled code in `folder`, unless NODE_COMPILE_CACHE names another. What lies there is run as it is,
 * so the folder and the one around it must belong to this user and nobody else may write there; otherwise
 * there is no cache. `create`: makes the folder when it is missing, but not as the first thing in an empty
 * one, which a restore asks for.
 */
export function useCompileCache(folder, { create }) {
  if (module.getCompileCacheDir?.()) return;
  try {
    const around = realpathSync(dirname(folder));
    if (!isOwn(around, 0o022)) return;
    if (create && readdirSync(around).length > 0) mkdirSync(folder, { mode: 0o700, recursive: true });
    if (isOwn(folder, 0o077)) module.enableCompileCache?.(folder);
  } catch {
    // Not there, or not to be looked at.
  }
}

/** A folder of this user for which nobody else has any of these rights. */
function isOwn(path, rightsOfOthers) {
  const found = lstatSync(path);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & rightsOfOthers) === 0;
}
