import type { CheckStep } from '../../client/host/index.ts';
import type { Column } from './table.ts';

/** What a test did, step by step. */
export const STEP_COLUMNS: readonly Column<CheckStep>[] = [
  { title: 'ok', of: ({ ok }) => ok },
  { title: 'step', of: ({ step }) => step },
  { title: 'ms', of: ({ ms }) => ms },
  { title: 'detail', of: ({ detail }) => detail },
  { title: 'repair', of: ({ repair }) => repair },
];
