/** RFC 9530's examples, and what does not pass. */
import t from 'tap';
import { contentDigest, verifyContentDigest } from '../../../../gateway/signatures/format/content-digest.ts';
import { reasonOf } from '../support/reason-of.ts';

const hello = '{"hello": "world"}\n';
const sha256 = 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:';
const sha512 =
  'sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:';

t.test('the examples of RFC 9530', async (t) => {
  t.equal(contentDigest(hello), sha256, 'B.1');
  t.equal(contentDigest(''), 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:', 'B.2, no content');
  const passing = [
    [sha256],
    [sha512],
    [sha256, sha512],
    [`${sha256},\t${sha512}`],
    [`unixsum=30637, ${sha256}`],
  ];
  for (const lines of passing)
    t.equal(
      reasonOf(() => verifyContentDigest(lines, hello)),
      undefined,
      String(lines),
    );
});

t.test('digests that do not pass', async (t) => {
  const other = contentDigest('{"hello": "World"}\n');
  const failing = {
    'nothing there': [],
    'an empty field': [''],
    'another content': [other],
    'one of two for another content': [`${other}, ${sha512}`],
    'twice, the last one right': [`${other}, ${sha256}`],
    'twice, in two lines': [other, sha256],
    'insecure algorithms only': ['md5=:h0KPxSKAPTFGXnvOPPA/5Q==:, unixsum=30637'],
    'not a byte sequence': [sha256.replaceAll(':', '"')],
    'a boolean': ['sha-256'],
    'cut short': [sha256.replace('abDg=', '')],
    'an old Digest': ['SHA-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg='],
    'not a dictionary': ['sha-256=:RK/0'],
    'a member of an object': ['constructor=:RK/0qw==:'],
  };
  for (const [name, lines] of Object.entries(failing))
    t.equal(
      reasonOf(() => verifyContentDigest(lines, hello)),
      'content_digest',
      name,
    );
});
