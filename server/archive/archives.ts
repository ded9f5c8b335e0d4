import type { Archives } from '../ports/archive.ts';

/** ZIP files of CSV tables by yazl, yauzl and csv, which are loaded at first use. */
export const archives: Archives = {
  async write(files) {
    const { writeArchive } = await import('./write.ts');
    return writeArchive(files);
  },
  async open(path, limits) {
    const { openArchive } = await import('./read.ts');
    return openArchive(path, limits);
  },
};
