import { secretsIn } from "#model/files/secretReference.ts";
import {
  jwtKeyBits,
  markedSecrets,
  ownSecrets,
  storedKeyPrefix,
  suppliedSecrets,
  tellingCharacters,
} from "./delivered.ts";
import { at, eachItem, eachKey, leavesWhere, rule, type Rule, type Violation } from "./rule.ts";

/** A key shorter than the hash makes the signature as weak as the key (RFC 7518, 3.2). */
const algorithmBits = { HS256: 256, HS384: 384, HS512: 512 } as const;

/** A reference to a secret that was not supplied is judged where it is used: `secrets-supplied`. */
const referred = [...ownSecrets, ...suppliedSecrets];

const references = leavesWhere(({ meta }) => meta.unit === "reference");
const marks = leavesWhere(({ meta, place }) => place.file === "env" && meta.unit === "secret");

export const credentialRules: readonly Rule[] = [
  rule(
    "jwt-keys",
    {
      sentence: "Keys that sign tokens have at least as many bits as the algorithm's hash.",
      mend: "Use a longer key: `openssl rand -hex 64` gives one for every algorithm.",
    },
    [...at("access", "/access/authentication/jwt/algorithm"), ...at("env", "JWT_SECRET")],
    ({ values }) => {
      const { algorithm } = values.access.access.authentication.jwt;
      const needed = algorithmBits[algorithm];
      if (secretsIn(values.env.JWT_SECRET).length > 0 && needed <= jwtKeyBits) return [];
      const bits = 8 * Buffer.byteLength(values.env.JWT_SECRET);
      if (bits >= needed && secretsIn(values.env.JWT_SECRET).length === 0) return [];
      const places = [...at("env", "JWT_SECRET"), ...at("access", "/access/authentication/jwt/algorithm")];
      return [{ places, problem: `has fewer than the ${String(needed)} bits that ${algorithm} needs.` }];
    },
  ),
  rule(
    "token-lifetimes",
    {
      sentence: "Tokens can be exchanged while they are valid, and refresh tokens outlive access tokens.",
      mend: "Order them: refreshInterval < expiresIn < refreshTokenExpiresIn, and refreshInterval ≤ session timeout.",
    },
    [
      ...at("access", "/access/authentication/jwt/expiresIn"),
      ...at("access", "/access/authentication/jwt/refreshTokenExpiresIn"),
      ...at("access", "/access/authentication/session/timeout"),
      ...at("access", "/access/authentication/session/refreshInterval"),
    ],
    ({ values: { access } }) => {
      const { jwt, session } = access.access.authentication;
      const [access_, refresh, timeout, interval] = at(
        "access",
        "/access/authentication/jwt/expiresIn",
        "/access/authentication/jwt/refreshTokenExpiresIn",
        "/access/authentication/session/timeout",
        "/access/authentication/session/refreshInterval",
      );
      const found: Violation[] = [];
      if (jwt.refreshTokenExpiresIn <= jwt.expiresIn) {
        const problem = `${String(jwt.refreshTokenExpiresIn)} s is no longer than an access token's ${String(jwt.expiresIn)} s.`;
        found.push({ places: [refresh!, access_!], problem });
      }
      const shortest = Math.min(jwt.expiresIn, session.timeout);
      if (session.refreshInterval >= jwt.expiresIn || session.refreshInterval > session.timeout) {
        const problem = `${String(session.refreshInterval)} s: tokens end before that, after ${String(shortest)} s.`;
        found.push({ places: [interval!, jwt.expiresIn <= session.timeout ? access_! : timeout!], problem });
      }
      return found;
    },
  ),
  rule(
    "api-keys",
    {
      sentence: `The first ${String(storedKeyPrefix)} characters of a key, which api_keys.key_prefix holds, tell keys apart.`,
      mend: `Use a prefix of at most ${String(storedKeyPrefix - tellingCharacters)} characters and keys of that form.`,
    },
    [
      ...at("access", "/access/authentication/apiKey/prefix", "/access/authentication/apiKey/length"),
      ...at("env", "API_KEY"),
    ],
    ({ values }) => {
      const { prefix, length } = values.access.access.authentication.apiKey;
      const [prefixAt, lengthAt] = at(
        "access",
        "/access/authentication/apiKey/prefix",
        "/access/authentication/apiKey/length",
      );
      if (prefix.length > storedKeyPrefix - tellingCharacters) {
        const problem = `${prefix} leaves nothing of the ${String(storedKeyPrefix)} characters that api_keys.key_prefix holds.`;
        return [{ places: [prefixAt!], problem }];
      }
      const key = values.env.API_KEY;
      if (secretsIn(key).length > 0) return [];
      const problem = `is no key of the form that access.json names: ${prefix} and ${String(length)} characters.`;
      if (key.startsWith(prefix) && key.length === prefix.length + length) return [];
      return [{ places: [...at("env", "API_KEY"), prefixAt!, lengthAt!], problem }];
    },
  ),
  eachKey(
    "secret-references",
    {
      sentence: "Every reference names a secret that the container has.",
      mend: "Name a secret that is delivered, or supply it: pulumi config set --path --secret secrets.NAME",
    },
    [...references, ...marks, ...at("env", "DATABASE_URL")],
    (value, _look, { file }) => {
      const text = String(value);
      const named = file === "env" ? secretsIn(text) : [text.slice(text.lastIndexOf("/") + 1)];
      const delivered = file === "env" ? markedSecrets : referred;
      const missing = named.find((name) => !(delivered as readonly string[]).includes(name));
      return missing === undefined
        ? undefined
        : `names the secret ${missing}; the container has ${delivered.join(", ")}.`;
    },
  ),
  eachKey(
    "secrets-supplied",
    {
      sentence: "What is switched on has the secret that it needs.",
      mend: "Supply it (pulumi config set --path --secret secrets.NAME), or switch it off.",
    },
    [
      ...at("compliance", "/compliance/notificationChannels"),
      ...at("logging", "/logging/elasticsearch/enabled"),
    ],
    (value, { facts }) => {
      const lacks = (name: string) =>
        facts.secrets.includes(name) ? undefined : `needs the secret ${name}, which the stack does not have.`;
      if (value === true) return lacks("elasticsearch");
      return eachItem(value, (channel) => lacks(channel === "email" ? "smtp" : channel));
    },
  ),
];
