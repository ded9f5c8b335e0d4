import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brandOf } from '../../server/delivery/brand.ts';
import { contrast } from '../pages/contrast.ts';

const rgb = (hex = '') => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(' ');
const ratio = (one: string | undefined, other: string | undefined) => contrast(rgb(one), rgb(other));

describe("the colours made of an app's colour", () => {
  it('can be read, whatever the colour is (WCAG 2.2 SC 1.4.3)', () => {
    const steps = [0, 51, 102, 118, 119, 153, 204, 255];
    for (const colour of steps.flatMap((r) => steps.flatMap((g) => steps.map((b) => [r, g, b])))) {
      const brandColor = `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
      const brand = brandOf({ brandColor });
      assert.equal(brand.BRAND, brandColor);
      assert.ok(ratio(brand.BRAND_SOFT, '#ffffff') > 1.03, brandColor);
      assert.ok(ratio(brand.BRAND_SOFT_DARK, '#1a1f2a') > 1.03, brandColor);
      for (const [text, ground] of [
        [brand.ON_BRAND, brandColor],
        [brand.BRAND_INK, brand.BRAND_SOFT],
        [brand.BRAND_INK, '#ffffff'],
        [brand.BRAND_INK_DARK, brand.BRAND_SOFT_DARK],
        [brand.BRAND_INK_DARK, '#1a1f2a'],
      ])
        assert.ok(ratio(text, ground) >= 4.5, `${brandColor}: ${text} on ${ground}`);
    }
  });

  it('are the colour itself where it can be read', () => {
    assert.equal(brandOf({ brandColor: '#14306e' }).BRAND_INK, '#14306e');
  });

  it('are none without one', () => {
    assert.deepEqual(brandOf(undefined), { APP_URL: '', LOGO: '' });
  });
});
