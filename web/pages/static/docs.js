const reference = document.querySelector("#reference");

window.SwaggerUIBundle({
  url: reference.dataset.spec,
  domNode: reference,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: false,
  filter: true,
});
