/** Throws an `Error` for anything but escaped values by their bare names, and `if` and `unless` on them (security.md §3). */
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
