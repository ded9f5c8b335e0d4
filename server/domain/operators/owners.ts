import type { Operator } from '../../model/operator.ts';
import type { Deps } from '../../ports/deps.ts';
import { META } from '../../ports/store/meta.ts';

type OwnerDeps = Pick<Deps, 'store'>;

/** Whether somebody can do everything, today: who never entered, or sees some apps only, cannot. */
export function isFullOwner({ role, apps, enteredAt }: Operator): boolean {
  return role === 'owner' && apps === undefined && enteredAt !== undefined;
}

/**
 * Takes an operator off the list of owners; false when nobody would be left. To be called before the change
 * that ends it, for the list may never name too many: of two owners who demote each other one is refused.
 */
export async function leaveOwners({ store }: OwnerDeps, id: string): Promise<boolean> {
  // The list may have missed somebody: a process that ended between the change and the list.
  const operator = await store.operators.find(id);
  if (operator) await joinOwners({ store }, operator);
  for (;;) {
    const text = await store.meta.get(META.owners);
    const ids = parsed(text);
    if (!ids.includes(id)) return true;
    const others = await Promise.all(
      ids.filter((other) => other !== id).map((other) => store.operators.find(other)),
    );
    const left = others
      .filter((other) => other !== undefined && isFullOwner(other))
      .map((other) => other?.id);
    if (left.length === 0) return false;
    if (await store.meta.compareAndSet(META.owners, text, JSON.stringify(left))) return true;
  }
}

/** Puts an operator on the list who became a full owner; to be called after the change. */
export async function joinOwners({ store }: OwnerDeps, operator: Operator): Promise<void> {
  while (isFullOwner(operator)) {
    const text = await store.meta.get(META.owners);
    const ids = parsed(text);
    if (ids.includes(operator.id)) return;
    if (await store.meta.compareAndSet(META.owners, text, JSON.stringify([...ids, operator.id]))) return;
  }
}

function parsed(text: string | undefined): string[] {
  return text === undefined ? [] : JSON.parse(text);
}
