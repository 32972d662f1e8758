import { serverNames, type ServerName } from "#model/names.ts";
import { superuserReservedConnections, deploymentConnections } from "#model/postgres/connections.ts";
import { placeAt } from "#model/files/place.ts";
import { at, eachKey, rule, valueAt, type Rule, type Violation } from "./rule.ts";

/** Servers with a pool beside the one of their own login. */
const pooled = ["postgres", "memory"] as const satisfies readonly ServerName[];

const poolSizes = ["/database/pool/serviceMax", "/database/pool/max", "/database/pool/writerMax"] as const;

const urls = [
  ...serverNames.map((server) => placeAt(server, "/database/connectionString")),
  placeAt("mcp", "/mcpServers/postgres/env/DATABASE_URL"),
  placeAt("env", "DATABASE_URL"),
];

/** Each check of the compliance server has a connection, */
const checks = placeAt("compliance", "/compliance/maxConcurrentChecks");
/** and its run and its fixer have one. */
const besideChecks = 2;

interface Address {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly name: string;
}

export const databaseRules: readonly Rule[] = [
  eachKey(
    "database-address",
    {
      sentence: "Every connection goes to the database of the stack.",
      mend: "Name the stack's database by host, port and name.",
    },
    [...urls, ...at("env", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME")],
    (value, { facts: { database } }, { parts }) => {
      const key = parts.at(-1);
      if (key === "DATABASE_HOST") return differs(value, database.host);
      if (key === "DATABASE_PORT") return differs(value, database.port);
      if (key === "DATABASE_NAME") return differs(value, database.name);
      const address = readUrl(String(value));
      if (!address) return "is no address of a database.";
      const [named, meant] = [address, database].map(
        ({ host, port, name }) => `${host}:${String(port)}/${name}`,
      );
      return differs(named, meant);
    },
  ),
  rule(
    "database-login",
    {
      sentence: "The variables DATABASE_… of .env say the same as its DATABASE_URL.",
      mend: "Write the same into DATABASE_URL and into the variable.",
    },
    at("env", "DATABASE_URL", "DATABASE_USER", "DATABASE_PASSWORD"),
    ({ values: { env } }) => {
      const address = readUrl(env.DATABASE_URL);
      if (!address) return [];
      const pairs = [
        ["DATABASE_USER", address.user, env.DATABASE_USER],
        ["DATABASE_PASSWORD", address.password.replace(":url}", "}"), env.DATABASE_PASSWORD],
      ] as const;
      return pairs
        .filter(([, inside, variable]) => inside !== variable)
        .map(([name]) => ({
          places: at("env", "DATABASE_URL", name),
          problem: `names another ${name === "DATABASE_USER" ? "login" : "password"} than ${name}.`,
        }));
    },
  ),
  rule(
    "pool-bounds",
    {
      sentence: "A pool keeps no more idle connections than it may have.",
      mend: "Lower min.",
    },
    pooled.flatMap((server) => at(server, "/database/pool/min", "/database/pool/max")),
    ({ values }) =>
      pooled.flatMap((server) => {
        const { min, max } = values[server]?.database.pool ?? { min: 0, max: 0 };
        if (min <= max) return [];
        const places = at(server, "/database/pool/min", "/database/pool/max");
        return [{ places, problem: `${String(min)} is more than max, which is ${String(max)}.` }];
      }),
  ),
  rule(
    "connections",
    {
      sentence:
        "All pools together, and what is kept for deployment and superuser, fit into max_connections.",
      mend: "Raise postgres.maxConnections, or lower serviceMax or maxConcurrentChecks.",
    },
    [
      ...serverNames.flatMap((server) => at(server, "/database/pool/serviceMax")),
      ...pooled.flatMap((server) => at(server, "/database/pool/max")),
      ...at("postgres", "/database/pool/writerMax"),
      checks,
    ],
    ({ values, facts, deployment }): Violation[] => {
      const pools = facts.enabled.flatMap((server) =>
        [...at(server, ...poolSizes), ...(server === checks.file ? [checks] : [])].flatMap((place) => {
          const size = valueAt(values, place);
          if (typeof size !== "number") return [];
          return [{ place, size: place === checks ? size + besideChecks : size }];
        }),
      );
      const reserved = superuserReservedConnections + deploymentConnections;
      const sum = pools.reduce((total, { size }) => total + size, 0);
      if (sum + reserved <= deployment.maxConnections) return [];
      const largest = pools.toSorted((a, b) => b.size - a.size);
      return [
        {
          places: largest.map(({ place }) => place),
          problem: `${String(sum)} connections of all pools and ${String(reserved)} kept for deployment and superuser are more than PostgreSQL takes: ${String(deployment.maxConnections)}.`,
        },
      ];
    },
    { deployed: true },
  ),
];

/** The parts of a connection URL; the password may be the mark of a secret. */
function readUrl(text: string): Address | undefined {
  const match = /^postgres(?:ql)?:\/\/([^:@/]+)(?::([^@]*))?@(\[[^\]]+\]|[^:@/]+)(?::(\d+))?\/([^?]+)$/.exec(
    text,
  );
  if (!match) return undefined;
  const [, user = "", password = "", host = "", port = "5432", name = ""] = match;
  return { user: decode(user), password: decode(password), host, port: Number(port), name: decode(name) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function differs(given: unknown, meant: unknown): string | undefined {
  return given === meant
    ? undefined
    : `names ${String(given)}; the stack's database is ${String(meant)} here.`;
}
