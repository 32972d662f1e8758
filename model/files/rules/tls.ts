import { getCiphers } from "node:tls";
import { serverNames } from "#model/names.ts";
import { certificateKey, tlsFiles } from "./delivered.ts";
import { at, eachItem, eachKey, rule, type Rule } from "./rule.ts";

const certificates = [
  ...at("ssl", "/ssl/certPath"),
  ...at("mcp", "/globalSettings/sslCertPath"),
  ...at("env", "SSL_CERT_PATH"),
];
const keys = [
  ...at("ssl", "/ssl/keyPath"),
  ...at("mcp", "/globalSettings/sslKeyPath"),
  ...at("env", "SSL_KEY_PATH"),
];
const authorities = [
  ...serverNames.flatMap((server) => at(server, "/database/ssl/ca")),
  ...at("logging", "/logging/logstash/ssl/caCert"),
];

/** Without forward secrecy or authentication of what is encrypted, or with a broken primitive. */
const weak =
  /^TLS_(RSA|DH|ECDH|PSK)_WITH|_(NULL|EXPORT|anon|RC4|3DES|DES|IDEA|SEED|CBC|MD5)(_|$)|_CBC_|_SHA$/;

export const tlsRules: readonly Rule[] = [
  eachKey(
    "tls-files",
    {
      sentence: "The TLS files that are named are those that are delivered, each in its place.",
      mend: `Certificate ${tlsFiles.certificate}, key ${tlsFiles.key}, authorities ${tlsFiles.authority}.`,
    },
    [...certificates, ...keys, ...authorities],
    (value, _look, place) => {
      const meant = certificates.includes(place)
        ? tlsFiles.certificate
        : keys.includes(place)
          ? tlsFiles.key
          : tlsFiles.authority;
      return value === meant ? undefined : `${String(value)} is not delivered; ${meant} is.`;
    },
  ),
  eachKey(
    "tls-ciphers",
    {
      sentence: "Cipher suites are known to OpenSSL and not weak.",
      mend: "Use suites with forward secrecy and GCM or ChaCha20-Poly1305, by IANA name.",
    },
    at("ssl", "/ssl/cipherSuites"),
    (value) =>
      eachItem(value, (suite) => {
        if (weak.test(suite)) return `${suite} is weak: no forward secrecy, or CBC, or worse.`;
        return known().has(opensslName(suite)) ? undefined : `${suite} is no suite that OpenSSL knows.`;
      }),
  ),
  rule(
    "tls-protocol",
    {
      sentence: "Some suite is of a protocol that is accepted, and fits the certificate's key.",
      mend: `Add a suite of TLS 1.3, or for TLSv1.2 one with ${certificateKey} in its name.`,
    },
    at("ssl", "/ssl/protocol", "/ssl/cipherSuites"),
    ({ values: { ssl } }) => {
      const { protocol, cipherSuites } = ssl.ssl;
      const places = at("ssl", "/ssl/cipherSuites", "/ssl/protocol");
      if (!["TLSv1.2", "TLSv1.3"].includes(protocol)) {
        return [{ places: places.toReversed(), problem: `${protocol} is older than TLSv1.2, or unknown.` }];
      }
      const fits = (suite: string) =>
        !suite.includes("_WITH_") || (protocol === "TLSv1.2" && suite.includes(`_${certificateKey}_WITH_`));
      if (cipherSuites.some(fits)) return [];
      return [
        {
          places,
          problem: `has no suite for ${protocol} or newer that fits an ${certificateKey} certificate.`,
        },
      ];
    },
  ),
];

let names: ReadonlySet<string> | undefined;

/** Asked once: it takes some milliseconds. */
function known(): ReadonlySet<string> {
  return (names ??= new Set(getCiphers().map((name) => name.toUpperCase())));
}

/** TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 → ECDHE-ECDSA-AES256-GCM-SHA384; those of TLS 1.3 have one name. */
function opensslName(suite: string): string {
  if (!suite.includes("_WITH_")) return suite.toUpperCase();
  return suite
    .replace(/^TLS_/, "")
    .replace("_WITH_", "-")
    .replace(/AES_(\d+)/, "AES$1")
    .replace("_POLY1305_SHA256", "-POLY1305")
    .replaceAll("_", "-")
    .toUpperCase();
}
