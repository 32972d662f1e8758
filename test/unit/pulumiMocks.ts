import * as pulumi from "@pulumi/pulumi";

/** A resource as a component asked for it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/**
 * Runs a program against mocks and returns what it registered, children of components included. It proves what is
 * asked for, not what an engine makes of it: the end-to-end tests do that.
 */
export async function registeredBy(program: () => void, preview = false): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      call: (args) => args.inputs as Record<string, unknown>,
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        return { id: `${name}-id`, state: { ...(inputs as object), ...generated(type, name) } };
      },
    },
    "kilocode-mcp",
    "unit",
    preview,
  );
  program();
  await settled(registered);
  return registered;
}

/** Registrations follow from each other; without an engine there is no other end of a program than silence. */
async function settled(registered: readonly Registered[]): Promise<void> {
  for (let quiet = 0, count = -1; quiet < 10; quiet = count === registered.length ? quiet + 1 : 0) {
    count = registered.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Outputs that a real provider computes. */
function generated(type: string, name: string): Record<string, unknown> {
  switch (type) {
    case "random:index/randomPassword:RandomPassword":
      return { result: `password-of-${name}` };
    case "random:index/randomBytes:RandomBytes":
      return { base64: Buffer.alloc(16, 7).toString("base64") };
    case "random:index/randomId:RandomId":
      return { hex: "00112233" };
    case "tls:index/privateKey:PrivateKey":
      return { privateKeyPem: `key-of-${name}`, privateKeyPemPkcs8: `key8-of-${name}` };
    case "tls:index/selfSignedCert:SelfSignedCert":
    case "tls:index/locallySignedCert:LocallySignedCert":
      return { certPem: `certificate-of-${name}` };
    default:
      return {};
  }
}

/** The one resource of a type. */
export function only(registered: readonly Registered[], type: string): Registered {
  const found = registered.filter((resource) => resource.type === type);
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}`);
  return found[0]!;
}
