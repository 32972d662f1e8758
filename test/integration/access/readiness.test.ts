import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { rootCertificates } from "node:tls";
import { apply as applyBaseline } from "#providers/baseline/runner.ts";
import { changes, identityNow, waitUntilReady } from "#providers/readiness/runner.ts";
import type { ReadinessInputs } from "#providers/readiness/runner.ts";
import { setStage } from "./stage.ts";
import type { Stage } from "./stage.ts";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("readiness", function () {
  this.timeout(180_000);
  let stage: Stage;

  before(async () => {
    stage = await setStage();
  });
  after(() => stage.stop());

  const inputs = (changed: Partial<ReadinessInputs> = {}): ReadinessInputs => {
    const { host, port, user, password, ca } = stage.superuser();
    return {
      host,
      port,
      user,
      password,
      ca,
      containerId: "c1",
      volumeId: "v1",
      timeoutSeconds: 20,
      ...changed,
    };
  };

  it("is a login, and says which cluster it is", async () => {
    assert.match(await waitUntilReady(inputs()), /^\d{19}$/);
    assert.equal(await waitUntilReady(inputs()), stage.systemIdentifier);
  });

  it("waits for a server that is not there yet, or drops what comes", async () => {
    const port = await freePort();
    const waiting = waitUntilReady(inputs({ host: "127.0.0.1", port }));
    // As the engine's proxy of a published port does while the server starts: it accepts and hangs up.
    const dropping = await listen(port, (socket) => socket.destroy());
    await new Promise((resolve) => setTimeout(resolve, 300));
    await close(dropping);
    const forwarding = await listen(port, (socket) => forward(socket, inputs()));
    assert.equal(await waiting, stage.systemIdentifier);
    await close(forwarding);
  });

  it("says soon what waiting cannot mend, without the password", async () => {
    const password = "a-password-that-must-not-show";
    const plain = await listen(0, (socket) => socket.once("data", () => socket.end("N")));
    const address = plain.address();
    assert.ok(typeof address === "object" && address !== null);
    const cases: [changed: Partial<ReadinessInputs>, problem: RegExp][] = [
      [{ password }, /password authentication failed.*that this stack does not know/s],
      [{ ca: rootCertificates[0]! }, /certificate.*which certificate the server serves/s],
      [{ host: "127.0.0.1", port: address.port }, /does not support SSL/],
      [{ host: "host.invalid" }, /ENOTFOUND|EAI_AGAIN/],
    ];
    for (const [changed, problem] of cases) {
      await assert.rejects(waitUntilReady(inputs(changed)), (error: Error) => {
        assert.match(error.message, /^\[DATABASE_UNREACHABLE\]/);
        assert.match(error.message, problem);
        assert.ok(!error.message.includes("20 s") && !error.message.includes(password), error.message);
        return true;
      });
    }
    await close(plain);
  });

  it("gives up when nothing answers in time", async () => {
    const nobody = inputs({ host: "127.0.0.1", port: await freePort(), timeoutSeconds: 1 });
    await assert.rejects(waitUntilReady(nobody), /DATABASE_UNREACHABLE.*no TLS login in 1 s.*ECONNREFUSED/s);
  });

  it("refuses the cluster of another stack instance, before anything is made in it", async () => {
    assert.equal(
      await waitUntilReady(inputs({ instance: "another" })),
      stage.systemIdentifier,
      "nobody's yet",
    );
    await applyBaseline(stage.baseline());
    await assert.rejects(waitUntilReady(inputs({ instance: "another" })), /FOREIGN_OBJECT/);
    assert.equal(await waitUntilReady(inputs({ instance: stage.instance })), stage.systemIdentifier);
  });

  it("is repeated for another container, and keeps the identity known", async () => {
    const id = stage.systemIdentifier;
    assert.deepEqual(await changes(id, inputs(), inputs()), { changes: false });
    for (const containerId of ["c2", unknown]) {
      assert.deepEqual(await changes(id, inputs(), inputs({ containerId })), { changes: true });
    }
  });

  it("is another resource with another cluster: a new volume, or other data on the same", async () => {
    const id = stage.systemIdentifier;
    const volume = await changes(id, inputs(), inputs({ volumeId: unknown, containerId: unknown }));
    assert.deepEqual(volume, { changes: true, replaces: ["volumeId"] });
    for (const containerId of ["c1", "c2"]) {
      const other = await changes("7000000000000000000", inputs(), inputs({ containerId }));
      assert.deepEqual(other, { changes: true, replaces: ["containerId"] });
    }
  });

  it("is unchanged, and its identity the last known, while the server is stopped", async () => {
    const stopped = inputs({ host: "127.0.0.1", port: await freePort() });
    assert.deepEqual(await changes(stage.systemIdentifier, stopped, stopped), { changes: false });
    assert.equal(await identityNow(stopped, 0), undefined);
  });
});

async function listen(port: number, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

function forward(socket: Socket, target: ReadinessInputs): void {
  const upstream = connect(target.port, target.host);
  upstream.on("error", () => socket.destroy());
  upstream.on("close", () => socket.destroy());
  socket.on("close", () => upstream.destroy());
  socket.pipe(upstream).pipe(socket);
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

async function freePort(): Promise<number> {
  const server = await listen(0, () => {});
  const address = server.address();
  await close(server);
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}
