import type { Archives } from '../ports/archive.ts';
import { openArchive } from './read.ts';
import { writeArchive } from './write.ts';

/** ZIP files of CSV tables by yazl, yauzl and csv. */
export const archives: Archives = { write: writeArchive, open: openArchive };
