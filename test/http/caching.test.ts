import { describe, expect, it } from 'vitest';
import { etagOf, freshUntilOf, retryAfterOf } from '../../src/http/caching.ts';

const now = new Date('2027-01-01T00:00:00Z');
const seconds = (time: Date | undefined): number | undefined =>
  time && (time.getTime() - now.getTime()) / 1000;

describe('freshUntilOf()', () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{ 'cache-control': 'max-age=3600, public, no-transform, must-revalidate' }, 3600],
    [{ 'cache-control': 'max-age=3600', age: '600' }, 3000],
    [{ 'cache-control': 'max-age=100', age: '600' }, undefined],
    [{ 'cache-control': 's-maxage=5,max-age="60"' }, 60],
    [{ 'cache-control': 'max-age=99999999999' }, 2 ** 31],
    [{ 'cache-control': 'no-store, max-age=3600' }, undefined],
    [{ 'cache-control': 'no-cache' }, undefined],
    [{ 'cache-control': 'max-age=x' }, undefined],
    [{ expires: 'Fri, 01 Jan 2027 01:00:00 GMT' }, 3600],
    [{ expires: 'Fri, 01 Jan 2027 01:00:00 GMT', date: 'Fri, 01 Jan 2027 00:30:00 GMT' }, 1800],
    [{ expires: '0' }, undefined],
    [{}, undefined],
  ])('of %j is so many seconds', (headers, expected) => {
    expect(seconds(freshUntilOf(headers, now))).toBe(expected);
  });
});

describe('retryAfterOf()', () => {
  it.each([
    ['120', 120],
    ['Fri, 01 Jan 2027 00:05:00 GMT', 300],
    ['99999999999', 2 ** 31],
    ['soon', undefined],
    ['-5', undefined],
  ])('reads %s', (text, expected) => {
    expect(seconds(retryAfterOf({ 'retry-after': text }, now))).toBe(expected);
  });

  it('is nothing where nothing is said', () => {
    expect(retryAfterOf({}, now)).toBeUndefined();
  });
});

describe('etagOf()', () => {
  it.each([
    ['"abc"', '"abc"'],
    ['W/"1"', 'W/"1"'],
    ['abc', undefined],
    ['"a"\r\nX: y"', undefined],
    [`"${'a'.repeat(300)}"`, undefined],
  ])('of %j is %j', (text, expected) => {
    expect(etagOf({ etag: text })).toBe(expected);
  });
});
