/**
 * Content codings (RFC 9110, section 8.4.1) of answers. The gateway asks for none (`Accept-Encoding: identity`), because a packed
 * body can unpack to a thousand times its size. But servers, and proxies before them, pack anyway. So bodies are unpacked up to a
 * bound, and unpacking stops there.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

type Unpack = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const [zlib, raw] = [
  promisify<Buffer, object, Buffer>(inflate),
  promisify<Buffer, object, Buffer>(inflateRaw),
];

const codings: Readonly<Record<string, Unpack>> = {
  gzip: promisify<Buffer, object, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, object, Buffer>(gunzip),
  // The standard means zlib's format, and some servers send the raw stream inside it.
  deflate: (bytes, options) => (hasZlibHeader(bytes) ? zlib : raw)(bytes, options),
  br: promisify<Buffer, object, Buffer>(brotliDecompress),
};

/** A body that is not unpacked. */
export class UnpackError extends Error {
  override readonly name = 'UnpackError';
  /** `PACKED_TOO_LARGE`: the unpacked bytes exceed the bound. */
  readonly code: 'PACKED_TOO_LARGE' | 'PACKED_UNREADABLE';

  constructor(code: UnpackError['code']) {
    super(code);
    this.code = code;
  }
}

type Encoding = string | readonly string[] | undefined;

/** Does `Content-Encoding` say that bytes are packed? */
export function isPacked(encoding: Encoding): boolean {
  return encoding !== undefined && codingsIn(encoding).length > 0;
}

/**
 * @param most unpacked bytes
 * @throws UpstreamError also for an unknown coding, and for several codings
 */
export async function unpack(bytes: Buffer, encoding: Encoding, most: number): Promise<Buffer> {
  const [coding, ...others] = codingsIn(encoding ?? '');
  if (coding === undefined || bytes.length === 0) return bytes;
  if (others.length > 0 || !Object.hasOwn(codings, coding)) throw new UnpackError('PACKED_UNREADABLE');
  try {
    return await codings[coding]!(bytes, { maxOutputLength: most });
  } catch (error) {
    // zlib's own errors say no more than this code.
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new UnpackError(tooLarge ? 'PACKED_TOO_LARGE' : 'PACKED_UNREADABLE');
  }
}

function codingsIn(encoding: NonNullable<Encoding>): string[] {
  return String(encoding)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

/** RFC 1950, section 2.2: method 8, and a check of the two bytes. */
function hasZlibHeader([first = 0, second = 0]: Buffer): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}
