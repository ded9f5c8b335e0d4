const SOURCE_LIMIT = 65_536;
/** Of one text: far more than anybody writes, and few enough for a parser that nests them. */
const EXPRESSION_LIMIT = 1_000;
const NESTING_LIMIT = 16;

/**
 * Throws an `Error` whose message may be shown for a text that is too much for the parser, before it sees it.
 */
export function requireModest(source: string): void {
  if (source.length > SOURCE_LIMIT) throw new Error('longer than 64 KiB');
  let depth = 0;
  let count = 0;
  // `{{^}}` is an else and opens nothing.
  for (const [opening] of source.matchAll(/\{\{~?(?:[#/]|\^(?!\s*~?\}))?|%[A-Z]/g)) {
    count++;
    if (opening.endsWith('#') || opening.endsWith('^')) depth++;
    else if (opening.endsWith('/')) depth--;
    if (depth > NESTING_LIMIT) throw new Error(`conditions are nested deeper than ${NESTING_LIMIT}`);
  }
  if (count > EXPRESSION_LIMIT) throw new Error(`more than ${EXPRESSION_LIMIT} placeholders and conditions`);
}

/**
 * Throws an `Error` for anything but escaped values by their bare names, and `if` and `unless` on them
 * (threats §3).
 */
export function requireHarmless(program: hbs.AST.Program, known: readonly string[]): void {
  for (const node of program.body) {
    if (node.type === 'ContentStatement' || node.type === 'CommentStatement') continue;
    if (
      isMustache(node) &&
      node.escaped &&
      node.params.length === 0 &&
      !node.hash &&
      isValue(node.path, known)
    )
      continue;
    if (isBlock(node) && isCondition(node, known)) {
      requireHarmless(node.program, known);
      if (node.inverse) requireHarmless(node.inverse, known);
      continue;
    }
    throw new Error(
      `only {{NAME}}, {{#if NAME}} and {{#unless NAME}} are known (line ${node.loc.start.line})`,
    );
  }
}

function isMustache(node: hbs.AST.Statement): node is hbs.AST.MustacheStatement {
  return node.type === 'MustacheStatement';
}
function isBlock(node: hbs.AST.Statement): node is hbs.AST.BlockStatement {
  return node.type === 'BlockStatement';
}
function isCondition({ path, params, hash }: hbs.AST.BlockStatement, known: readonly string[]): boolean {
  const [value, ...more] = params;
  return (
    (path.original === 'if' || path.original === 'unless') &&
    isValue(value, known) &&
    more.length === 0 &&
    !hash
  );
}
function isValue(node: hbs.AST.Expression | undefined, known: readonly string[]): boolean {
  if (node?.type !== 'PathExpression') return false;
  const { original, data, depth } = node as hbs.AST.PathExpression;
  return !data && depth === 0 && known.includes(original);
}
