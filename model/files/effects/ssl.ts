import { effective, planned, without, type Effects } from "./effect.ts";
import { parts } from "./parts.ts";
import { proofs } from "./proofs.ts";

const settings = "servers/runtime/tlsSettings.ts";
const entrance = "servers/runtime/httpServer.ts";

/** `ssl.json` */
export const sslEffects: Effects = {
  "/ssl/enabled": effective(entrance, "createServer({ ...tls", proofs.onlyTls),
  "/ssl/certPath": effective(settings, "files.read(ssl.certPath)", proofs.tlsPair),
  "/ssl/keyPath": effective(settings, "files.read(ssl.keyPath)", proofs.tlsPair),
  "/ssl/protocol": effective(settings, "ssl.protocol", proofs.tlsProtocol),
  "/ssl/cipherSuites": effective(settings, "ssl.cipherSuites", proofs.tlsSuites),
  "/ssl/sessionTimeout": effective(settings, "ssl.sessionTimeout", proofs.tlsSessions),
  "/ssl/enableOCSPStapling": without("the stack's own authority has no OCSP responder that could be asked"),
  "/ssl/enableHSTS": effective(entrance, "ssl.enableHSTS", proofs.strictTransport),
  "/ssl/hstsMaxAge": effective(entrance, "ssl.hstsMaxAge", proofs.strictTransport),
  "/ssl/hstsIncludeSubDomains": effective(entrance, "ssl.hstsIncludeSubDomains", proofs.strictTransport),
  "/ssl/hstsPreload": effective(entrance, "ssl.hstsPreload", proofs.strictTransport),
  "/ssl/certRenewalDays": planned(parts.rotation),
  "/ssl/certValidation": effective(settings, "checkPair(ssl, cert, key)", proofs.tlsPairFits),
};
