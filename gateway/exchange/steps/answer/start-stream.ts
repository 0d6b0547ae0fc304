/** start the stream: from here on `exchange/streams/stream.ts` discloses chunk by chunk, each recorded before it is written. */
import type { EvidenceLog } from '../../../evidence/evidence.ts';
import type { FailureReports } from '../../../telemetry/report-failures.ts';
import type { Call, Identified, Signed, Streaming } from '../../call.ts';
import { type Opened, sendStream } from '../../streams/stream.ts';

interface StreamParts {
  readonly evidence: EvidenceLog;
  readonly failures: FailureReports;
}

export function startStream<C extends Call & Identified & Streaming & Signed & Opened>(
  call: C,
  parts: StreamParts,
): C {
  const { reply, headers, contentType, opened } = call;
  reply.headers(headers);
  if (opened) sendStream(parts, call, opened);
  else reply.type(contentType).send();
  return call;
}
