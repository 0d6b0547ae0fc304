/** HTTP messages as signatures see them: control data, and the lines of each field. */

/** Lines of a field by its lower-case name, in order, without the whitespace around them; empty: not there. */
export type Fields = (name: string) => readonly string[];

export interface RequestMessage {
  readonly method: string;
  /** Absolute, as the client means it (RFC 9110, 7.1). */
  readonly targetUri: string;
  /** As in the request line. */
  readonly requestTarget: string;
  readonly fields: Fields;
}

export interface ResponseMessage {
  readonly status: number;
  readonly fields: Fields;
}

/** The messages whose components a signature covers: a request, or a response and (where known) its request. */
export type SignatureContext =
  | { readonly request: RequestMessage; readonly response?: undefined }
  | { readonly response: ResponseMessage; readonly request?: RequestMessage | undefined };

const none: readonly string[] = [];

/** Fields from a list in which names and values alternate, like Node's `rawHeaders`. */
export function fieldsOf(namesAndValues: readonly string[]): Fields {
  const fields = new Map<string, string[]>();
  for (let i = 0; i + 1 < namesAndValues.length; i += 2) {
    const name = namesAndValues[i]!.toLowerCase();
    const line = canonicalLine(namesAndValues[i + 1]!);
    const lines = fields.get(name);
    if (lines) lines.push(line);
    else fields.set(name, [line]);
  }
  return (name) => fields.get(name) ?? none;
}

/** RFC 9421, 2.1: no whitespace around, and a space for each obsolete line folding. */
function canonicalLine(value: string): string {
  const text = value.includes('\n')
    ? value
        .split('\n')
        .map((part) => part.trim())
        .join(' ')
    : value;
  return text.trim();
}
