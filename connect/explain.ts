import type { Failure, JsonRpcError } from "./failure.ts";
import { renewal, type MaterialFiles } from "./material.ts";

/** Whom the bridge serves, and from which files. */
export interface Served {
  readonly server: string;
  readonly client: string;
  readonly files: MaterialFiles;
}

/** In the range that JSON-RPC leaves to implementations; the SDK uses it for connections that closed. */
const connectionClosed = -32_000;

/**
 * The answer that a client gets in place of the server's. Whoever reads it is a person or a model, and should
 * know what to do next.
 */
export function explain(failure: Failure, served: Served): JsonRpcError {
  if (failure.kind === "refused" && failure.error !== undefined && !isAboutKey(failure)) return failure.error;
  return {
    code: connectionClosed,
    message: sentence(failure, served),
    data: { reason: failure.kind, server: served.server },
  };
}

function sentence(failure: Failure, { server, client, files }: Served): string {
  const { folder } = files;
  const renew = `If it was replaced, ${renewal(files.stack, client)}; the next call takes up what that writes.`;
  const { reason } = failure;
  if (isAboutKey(failure)) return `The ${server} server refused the key in ${folder} (${reason}). ${renew}`;
  const sentences: Record<Failure["kind"], string> = {
    undelivered: `The ${server} server does not answer (${reason}). Nothing was carried out. Is the stack up? \`npm run up\` in the project's folder starts it, \`npm run doctor\` says what is wrong.`,
    lost: `The connection to the ${server} server broke before its answer came (${reason}). The call may have been carried out: look before you repeat it.`,
    distrusted: `The ${server} server showed a certificate that ${folder}/ca.crt does not vouch for (${reason}). ${renew}`,
    unready: reason,
    refused: `The ${server} server refused the request (${reason}).`,
  };
  return sentences[failure.kind];
}

function isAboutKey({ status }: Failure): boolean {
  return status === 401;
}
