import assert from "node:assert/strict";
import { failedAttempts } from "#servers/runtime/access/failedAttempts.ts";

describe("failed attempts", () => {
  let clock = 0;
  const at = (address: string, real = true) => ({ address, real });
  const here = at("192.0.2.1");
  const fresh = () => {
    clock = 0;
    return failedAttempts(
      () => 3,
      () => clock,
    );
  };
  let wrong = 0;
  const guess = (attempts: ReturnType<typeof fresh>, from = here, times = 3) => {
    for (let time = 0; time < times; time += 1) attempts.failed(`wrong ${(wrong += 1)}`, from);
  };

  it("make an address wait after so many, and longer with each further one", () => {
    const attempts = fresh();
    guess(attempts, here, 2);
    assert.equal(attempts.wait("next", here), 0);
    guess(attempts, here, 1);
    assert.equal(attempts.wait("next", here), 1);
    assert.equal(attempts.wait("next", at("192.0.2.2")), 0);
    clock = 1000;
    assert.equal(attempts.wait("next", here), 0);
    const waits = [];
    for (let round = 0; round < 8; round += 1) {
      guess(attempts, here, 1);
      waits.push(attempts.wait("next", here));
      clock += waits.at(-1)! * 1000;
    }
    assert.deepEqual(waits, [2, 4, 8, 16, 32, 60, 60, 60]);
    clock += 15 * 60_000;
    guess(attempts, here, 2);
    assert.equal(attempts.wait("next", here), 0);
  });

  it("are held against no address that many share", () => {
    const attempts = fresh();
    const gateway = at("172.18.0.1", false);
    guess(attempts, gateway, 100);
    assert.equal(attempts.wait("next", gateway), 0);
    for (let time = 0; time < 3; time += 1) attempts.failed("same", gateway);
    assert.equal(attempts.wait("same", gateway), 1);
    assert.equal(attempts.wait("next", gateway), 0);
  });

  it("of others do not stop a credential that was good lately", () => {
    const attempts = fresh();
    attempts.succeeded("good", here);
    guess(attempts, here, 50);
    assert.equal(attempts.wait("good", here), 0);
    assert.equal(attempts.wait("next", here), 60);
  });

  it("end with a success, in a row as they are", () => {
    const attempts = fresh();
    guess(attempts, here, 2);
    attempts.succeeded("good", here);
    guess(attempts, here, 2);
    assert.equal(attempts.wait("next", here), 0);
  });

  it("of a credential are forgotten when access has changed", () => {
    const attempts = fresh();
    const gateway = at("172.18.0.1", false);
    for (let time = 0; time < 3; time += 1) attempts.failed("new key", gateway);
    attempts.forgetCredentials();
    assert.equal(attempts.wait("new key", gateway), 0);
  });

  it("count the whole network of one IPv6 client", () => {
    const attempts = fresh();
    for (const last of ["1", "2", "ffff:1"]) guess(attempts, at(`2001:db8:0:1::${last}`), 1);
    assert.equal(attempts.wait("next", at("2001:db8:0:1:a:b:c:d")), 1);
    assert.equal(attempts.wait("next", at("2001:db8:0:2::1")), 0);
    assert.equal(attempts.wait("next", at("2001:db8::1")), 0);
  });

  it("take no more memory, however many they are", () => {
    const attempts = fresh();
    const first = at("10.0.0.1");
    guess(attempts, first);
    for (let count = 0; count < 20_000; count += 1)
      attempts.failed(`c${count}`, at(`198.51.${count >> 8}.${count & 255}`));
    assert.equal(attempts.wait("next", first), 0, "what was longest there has gone");
  });
});
