import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{api-client/src,widget}/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    environmentOptions: {
      happyDOM: { settings: { handleDisabledFileLoadingAsSuccess: true } },
    },
    restoreMocks: true,
  },
});
