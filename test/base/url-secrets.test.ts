import { describe, expect, it } from 'vitest';

import { withoutUrlSecretsIn } from '../../src/base/url-secrets.ts';

describe('withoutUrlSecretsIn()', () => {
  it('takes what may be secret out of each URL of a message, and leaves the rest', () => {
    expect(
      withoutUrlSecretsIn(
        'Cannot fetch "https://hunter2@a/x?token=hunter3": what? redirected to http://b/?hunter4 (a@b)',
      ),
    ).toBe(
      'Cannot fetch "https://(given)@a/x?token=(given)": what? redirected to http://b/?(given) (a@b)',
    );
  });
});
