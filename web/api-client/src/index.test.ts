import { expect, it } from "vitest";
import { createClient } from "./index";

it("asks at the path with its parameters, and shows the token", async () => {
  const asked: Request[] = [];
  const api = createClient("https://book.test", {
    token: "t0ken",
    fetch: async (request) => {
      asked.push(request);
      return Response.json({ code: "session.wrong_token" }, { status: 401 });
    },
  });
  const path = { id: "0".repeat(24) };
  const { data, error } = await api.GET("/public/v1/sessions/{id}", { params: { path } });
  expect([data, error?.code]).toEqual([undefined, "session.wrong_token"]);
  expect(asked[0]?.url).toBe(`https://book.test/public/v1/sessions/${path.id}`);
  expect(asked[0]?.headers.get("authorization")).toBe("Bearer t0ken");
});
