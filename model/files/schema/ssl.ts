import type { z } from "zod";
import { always, days, file, flag, key, oneOf, path, seconds, section, set } from "./fields.ts";

/** IANA names of the suites with forward secrecy and authenticated encryption. */
export const cipherSuites = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_AES_128_GCM_SHA256",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
] as const;

/** The suites that fit the ECDSA certificates of this stack. */
const ecdsaSuites = cipherSuites.filter((suite) => !suite.includes("_RSA_"));

/** `/etc/kilocode/mcp/ssl.json` */
export const sslFile = file("TLS of the MCP servers.", {
  ssl: section("Certificate, protocol, suites.", {
    enabled: key(always(true, "the servers speak HTTPS only"), true, "Whether the servers speak TLS."),
    certPath: key(path(), "/etc/ssl/kilocode/mcp.crt", "The server's certificate with its chain.", "path"),
    keyPath: key(path(), "/etc/ssl/kilocode/mcp.key", "The certificate's private key.", "path"),
    protocol: key(oneOf(["TLSv1.2", "TLSv1.3"]), "TLSv1.2", "Oldest version that is accepted."),
    cipherSuites: key(
      set(oneOf(cipherSuites), 1, cipherSuites.length, "cipher suites"),
      [...ecdsaSuites],
      "Accepted suites by IANA name, best first.",
    ),
    sessionTimeout: key(seconds(1, 86_400), 3600, "A TLS session can be resumed for so long.", "s"),
    enableOCSPStapling: key(
      always(false, "certificates of the stack's own authority have no OCSP responder"),
      false,
      "Whether the server sends a proof that its certificate was not revoked.",
    ),
    enableHSTS: key(flag(), true, "Whether browsers are told to use HTTPS only."),
    hstsMaxAge: key(seconds(0, 63_072_000), 31_536_000, "For how long.", "s"),
    hstsIncludeSubDomains: key(
      flag(),
      false,
      "Whether that holds for the names below the server's name, too.",
    ),
    hstsPreload: key(flag(), false, "Whether browsers may put the name on their built-in list."),
    certRenewalDays: key(
      days(1, 365),
      30,
      "A certificate that ends sooner is reported as due for renewal.",
      "days",
    ),
    certValidation: key(
      always(true, "a pair that does not fit would end all connections"),
      true,
      "Whether a certificate must fit its key and be valid before it is taken up.",
    ),
  }),
});

export type SslFile = z.output<typeof sslFile>;
