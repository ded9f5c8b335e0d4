import v8 from 'node:v8';

/** Of V8's young generation; a step of an import leaves less behind. */
const ENOUGH_BYTES = 12 * 1024 * 1024;

/**
 * Lets V8's young generation grow no further than it must while a large file is read: it would take four
 * times as much, and keep it. To be asked every now and then, until `letYoungGrow`.
 */
export function keepYoungSmall(): void {
  const young = v8.getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  grow(young === undefined || young.space_size < ENOUGH_BYTES);
}

/** As it is by default. */
export function letYoungGrow(): void {
  grow(true);
}

function grow(may: boolean): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`);
}
