import { z } from "zod";
import {
  always,
  file,
  flag,
  hours,
  integer,
  key,
  line,
  list,
  milliseconds,
  network,
  oneOf,
  route,
  seconds,
  secretReference,
  section,
  set,
  text,
  timeZone,
} from "./fields.ts";

const resources = ["filesystem", "postgres", "memory", "compliance"] as const;

export const permissions = ["*", "read", "write", "execute"] as const;

const roleName = () =>
  text(/^[a-z][a-z0-9_-]{0,31}$/, "the name of a role: lower-case letters, digits, _ and -");

const role = z
  .strictObject(
    {
      permissions: set(oneOf(permissions), 0, 4, "permissions").meta({
        description: "What the tools of a caller with this role may do; * is everything.",
      }),
      description: line(200).optional().meta({ description: "For people." }),
    },
    { error: "an object with permissions and a description" },
  )
  .meta({ description: "A role." });

const rule = z
  .strictObject(
    {
      resource: oneOf(resources).meta({ description: "Server that the rule is about." }),
      actions: set(oneOf(["read", "write", "execute"]), 1, 3, "actions").meta({
        description: "Kinds of tools that it limits.",
      }),
      roles: set(roleName(), 0, 32, "names of roles")
        .default([])
        .meta({ description: "Roles that it limits; none: all." }),
      conditions: z
        .strictObject(
          {
            ip: set(network(), 0, 100, "networks")
              .default([])
              .meta({ description: "Networks from which such calls are allowed; none: all.", unit: "CIDR" }),
            time: set(hours(), 0, 24, "hours").default([]).meta({
              description: "Hours at which such calls are allowed; none: all.",
              unit: "HH:MM-HH:MM",
            }),
            timeZone: timeZone()
              .default("UTC")
              .meta({ description: "Zone of those hours.", unit: "IANA name" }),
          },
          { error: "an object with ip, time and timeZone" },
        )
        .prefault({})
        .meta({ description: "When the actions are allowed; all of them must hold." }),
    },
    { error: "an object with resource, actions and conditions" },
  )
  .meta({ description: "A limit on one server." });

/** `/etc/kilocode/mcp/access.json` */
export const accessFile = file("Who callers are and what they may do, on every server.", {
  access: section("Who callers are and what they may do.", {
    authentication: section("How callers prove who they are.", {
      enabled: key(
        always(true, "no server answers callers without a key"),
        true,
        "Whether callers must prove who they are.",
      ),
      method: key(
        oneOf(["jwt", "apiKey"]),
        "jwt",
        "What a call is judged by: a token, for which a key is exchanged, or the key itself. Keys are taken by both.",
      ),
      jwt: section("Access and refresh tokens.", {
        secret: key(
          secretReference(),
          "file:/run/kilocode/secrets/jwt-keys",
          "Where the server's key ring lies: keys by id, and which of them signs.",
          "reference",
        ),
        algorithm: key(
          oneOf(["HS256", "HS384", "HS512"]),
          "HS256",
          "How tokens are signed; a key has at least as many bits.",
        ),
        expiresIn: key(seconds(60, 86_400), 3600, "An access token is valid for so long.", "s"),
        refreshTokenExpiresIn: key(
          seconds(300, 31_536_000),
          86_400,
          "Refresh tokens that came from one exchange of a key end after so long, however often they were renewed.",
          "s",
        ),
        issuer: key(
          text(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$/, "a name without spaces"),
          "kilocode-mcp",
          "Who signs tokens.",
        ),
        audience: key(
          text(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$/, "a name without spaces"),
          "mcp-clients",
          "Whom tokens are for; each server adds its own name.",
        ),
      }),
      apiKey: section("Keys of clients.", {
        enabled: key(flag(), true, "Whether calls take keys; without, a key is only good for a token."),
        header: key(
          text(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, "the name of a header"),
          "X-API-Key",
          "Header that holds the key; Authorization: Bearer does as well.",
        ),
        prefix: key(
          text(/^[a-z]{2,6}_$/, "2 to 6 lower-case letters and an underscore"),
          "kcp_",
          "What every key begins with.",
        ),
        length: key(integer(32, 128), 32, "Characters of a key after the prefix.", "characters"),
      }),
      session: section("How long a client can go on with tokens of tokens.", {
        enabled: key(flag(), true, "Whether refresh tokens are given."),
        timeout: key(
          seconds(60, 2_592_000),
          3600,
          "A chain of tokens of which none was used, in a call or an exchange, for so long ends.",
          "s",
        ),
        refreshInterval: key(
          seconds(30, 2_592_000),
          1800,
          "A token is exchanged for a new one no earlier than this.",
          "s",
        ),
      }),
      staleAnswers: section("Whether reading goes on when the database that knows the keys is away.", {
        enabled: key(
          flag(),
          false,
          "Whether calls that only read are judged by earlier answers meanwhile; without, they get 503.",
        ),
        seconds: key(seconds(1, 60), 5, "An answer is used for so long after it was given.", "s"),
      }),
      maxFailedAttempts: key(
        integer(1, 1000),
        5,
        "Failed attempts in a row after which a key or an address has to wait.",
        "attempts",
      ),
    }),
    authorization: section("What callers may do.", {
      enabled: key(always(true, "what a caller may do follows from its role"), true, "Whether roles decide."),
      method: key(oneOf(["role"]), "role", "What decides: the role of the client."),
      roles: key(
        z
          .record(roleName(), role, { error: "an object of roles by name" })
          .meta({ allowed: "an object of roles by name" }),
        {
          admin: { permissions: ["*"], description: "System administrator with full access" },
          user: {
            permissions: ["read", "write", "execute"],
            description: "Regular user with standard permissions",
          },
          readonly: { permissions: ["read"], description: "Read-only user with limited access" },
          service: {
            permissions: ["read", "write"],
            description: "Service account with service-specific permissions",
          },
        },
        "What each role may do.",
      ),
      resourceBased: section("Further limits by server, network and hour.", {
        enabled: key(flag(), true, "Whether the rules are in force."),
        rules: key(
          list(rule, 100, "rules"),
          [
            {
              resource: "filesystem",
              actions: ["read", "write"],
              roles: [],
              conditions: { ip: [], time: [], timeZone: "UTC" },
            },
          ],
          "The rules; a call must satisfy each that is about it.",
        ),
      }),
    }),
    trustedProxies: section("Proxies in front of the servers, whose word on a client's address is taken.", {
      networks: key(
        set(network(), 0, 100, "networks"),
        [],
        "Networks of those proxies; none: the address is that of the connection.",
        "CIDR",
      ),
      header: key(
        oneOf(["X-Forwarded-For", "Forwarded"]),
        "X-Forwarded-For",
        "The header to which those proxies add the address; the other one is not read.",
      ),
    }),
    rateLimit: section(
      "How often one caller may ask each server, whatever for; every server counts for itself.",
      {
        enabled: key(flag(), true, "Whether the limit is in force."),
        windowMs: key(milliseconds(1000, 86_400_000), 60_000, "Span in which requests are counted.", "ms"),
        maxRequests: key(integer(1, 1_000_000), 100, "Requests of one caller in that span.", "requests"),
        skipSuccessfulRequests: key(flag(), false, "Whether requests that succeed are not counted."),
        skipFailedRequests: key(
          flag(),
          false,
          "Whether requests that fail, and calls of tools that do, are not counted.",
        ),
        skip: key(set(route(), 0, 20, "paths"), ["/health", "/metrics"], "Paths that are not counted."),
      },
    ),
  }),
});

export type AccessFile = z.output<typeof accessFile>;
