import { beforeEach, describe, expect, it } from "vitest";
import { Memory } from "./memory";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("memory", () => {
  it("keeps drafts through a reload, apart for each place and scheduler", () => {
    new Memory("a").keepDraft("s1:", { zip: "30305" });
    expect(new Memory("a").draft("s1:")).toEqual({ zip: "30305" });
    expect(new Memory("a").draft("s2:")).toBeNull();
    expect(new Memory("b").draft("s1:")).toBeNull();
  });

  it("drops the drafts of one scheduler only", () => {
    const [a, b] = [new Memory("a"), new Memory("b")];
    a.keepDraft("s1:", { zip: "1" });
    b.keepDraft("s1:", { zip: "2" });
    a.dropDrafts();
    expect(a.draft("s1:")).toBeNull();
    expect(b.draft("s1:")).toEqual({ zip: "2" });
  });

  it("takes a spoilt or missing storage for empty", () => {
    localStorage.setItem("wrkbelt:a:session", "{not json");
    expect(new Memory("a").session()).toBeNull();
    const none = new Memory("a", null, null);
    none.keep({ id: "1", token: "t", steps: {} });
    none.keepDraft("s1:", { zip: "1" });
    expect(none.session()).toBeNull();
    expect(none.draft("s1:")).toBeNull();
  });
});
