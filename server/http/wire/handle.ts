import { z } from 'zod';

/** What somebody is called, as typed: longer than the longest handle allows for the blanks around it. */
export const handleText = z.string().max(320);
