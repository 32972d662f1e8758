import type { IncomingMessage, ServerResponse } from "node:http";
import type { Auditor } from "#servers/runtime/audit/auditor.ts";
import { authenticate } from "#servers/runtime/authenticate.ts";
import type { Asking, Doorkeepers, Verdict } from "#servers/runtime/authenticate.ts";
import { cachedLookup } from "#servers/runtime/keyVerifier.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { ServiceDatabase } from "#servers/runtime/serviceDatabase.ts";
import { AccessDatabase } from "./accessDatabase.ts";
import { watchAccess } from "./accessVersion.ts";
import { clientAddress } from "./clientAddress.ts";
import type { AddressVerdict, ClientAddress } from "./clientAddress.ts";
import { failedAttempts } from "./failedAttempts.ts";
import { gatewayAddress } from "./gatewayAddress.ts";
import { sendOAuth } from "./oauthAnswer.ts";
import { recordedIssue } from "./recordedIssue.ts";
import { protectedResource } from "./protectedResource.ts";
import { metadataPaths } from "./resourceUrls.ts";
import { TokenCheck } from "./tokenCheck.ts";
import { issueTokens } from "./tokenEndpoint.ts";
import { countUses } from "./usesOfKeys.ts";

/** Who callers are: one per server. */
export interface Access {
  /** Where a request came from. */
  addressOf(request: IncomingMessage): AddressVerdict;
  /** Who sent a request whose host has been checked; counts the use of its key. */
  authenticate(asking: Asking): Promise<Verdict>;
  /** Answers a path of OAuth, which needs no caller; false for any other path. */
  answer(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    from: ClientAddress,
  ): Promise<boolean>;
  /** Writes what has been counted. The database must still be open. */
  close(): Promise<void>;
}

export function openAccess(
  server: string,
  service: Pick<ServiceDatabase, "rows">,
  current: () => Loaded,
  log: Log,
  auditor: Pick<Auditor, "reserve" | "record">,
): Access {
  const settings = () => current().access.authentication;
  const database = new AccessDatabase(service);
  const staleSeconds = () => (settings().staleAnswers.enabled ? settings().staleAnswers.seconds : 0);
  const keepers: Doorkeepers = {
    callers: cachedLookup((question) => database.find(question), staleSeconds),
    tokens: new TokenCheck(),
    attempts: failedAttempts(() => settings().maxFailedAttempts),
  };
  const uses = countUses(database, log);
  const unwatch = watchAccess(database, () => {
    keepers.callers.forget();
    keepers.attempts.forgetCredentials();
  });
  const gateway = gatewayAddress();
  return {
    addressOf: ({ socket, headers }) =>
      clientAddress(socket.remoteAddress, headers, current().access.trustedProxies, gateway),
    async authenticate(asking) {
      const verdict = await authenticate(server, asking, current(), keepers);
      if ("caller" in verdict) uses.count(verdict.caller);
      return verdict;
    },
    async answer(path, request, response, from) {
      if (metadataPaths.includes(path)) {
        sendOAuth(response, protectedResource(request, server, current()));
        return true;
      }
      if (path !== "/token") return false;
      const issued = await recordedIssue(request, from, auditor, () =>
        issueTokens(request, from, current(), { server, database, ...keepers }),
      );
      const { answer, grant, caller, reason, cause } = issued;
      const event = { status: answer.status, grant, client: caller?.client, keyId: caller?.keyId };
      const more = { ...event, address: from.address, ...(cause !== undefined && { err: cause }) };
      if (reason === undefined) log.info(more, "tokens given");
      else log.warn({ ...more, reason }, "tokens refused");
      sendOAuth(response, answer);
      return true;
    },
    async close() {
      unwatch();
      await uses.close();
    },
  };
}
