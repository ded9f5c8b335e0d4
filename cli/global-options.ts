/** Options of every command, before or after it. */
export const GLOBAL_OPTIONS = [
  ['--host <name>', 'a host of `cosync host list`'],
  ['--app <name|id>', 'the app, where the host has several'],
  ['--json', 'print one JSON value'],
  ['--jsonl', 'print a line of JSON for each row'],
  ['--csv', 'print a table as CSV'],
  ['--raw', 'with --csv: no apostrophe in front of what looks like a formula'],
  ['--yes', 'mean it: ask no plain question'],
  ['--no-input', 'ask nothing'],
  ['--no-color', 'no colours'],
  ['--timeout <seconds>', 'how long an answer may take'],
] as const;
