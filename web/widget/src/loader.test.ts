import { beforeEach, describe, expect, it, vi } from "vitest";

const HOST = "https://book.test";

/** Runs the loader as if the last such script tag on the page had just been executed. */
async function load(): Promise<HTMLElement | null> {
  vi.resetModules();
  vi.stubGlobal("__WIDGET__", "/format.ts");
  await import("./loader");
  return document.querySelector("wrkbelt-booking");
}

function page(html: string): void {
  document.body.innerHTML = html;
}

const tag = (attributes: string) => `<script src="${HOST}/embed.js" ${attributes}></script>`;

beforeEach(() => {
  document.body.innerHTML = "";
});

describe("the loader", () => {
  it("puts the booking where its script tag stands, with the page's wishes", async () => {
    page(`<main>${tag('data-key="pk" data-mode="inline" data-locale="de-DE"')}<p>after</p></main>`);
    const element = await load();
    expect(element?.previousElementSibling?.tagName).toBe("SCRIPT");
    expect(element?.getAttribute("public-key")).toBe("pk");
    expect(element?.getAttribute("base-url")).toBe(HOST);
    expect(element?.getAttribute("mode")).toBe("inline");
    expect(element?.getAttribute("locale")).toBe("de-DE");
    expect(element?.hasAttribute("open")).toBe(false);
  });

  it("puts the booking inside the element that the tag names", async () => {
    page(`<div id="here"></div>${tag('data-key="pk" data-target="#here"')}`);
    expect((await load())?.parentElement?.id).toBe("here");
  });

  it("makes one booking for each tag", async () => {
    page(tag('data-key="one"') + tag('data-key="two" data-mode="floating"'));
    await load();
    await load();
    const keys = [...document.querySelectorAll("wrkbelt-booking")].map((element) =>
      element.getAttribute("public-key"),
    );
    expect(keys.sort()).toEqual(["one", "two"]);
  });

  it("keeps a click that comes before the widget, for the booking that it is meant for", async () => {
    page(`${tag('data-key="one"')}<button data-wrkbelt-open="two"></button><p></p>`);
    const element = await load();
    document.querySelector("p")?.click();
    document.querySelector("button")?.click();
    expect(element?.hasAttribute("open")).toBe(false);
    document.querySelector("button")?.setAttribute("data-wrkbelt-open", "");
    document.querySelector("button")?.click();
    expect(element?.hasAttribute("open")).toBe(true);
  });

  it("makes none without a key", async () => {
    page(tag(""));
    expect(await load()).toBeNull();
  });
});
