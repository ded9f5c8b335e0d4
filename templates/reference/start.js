const place = document.querySelector('#reference');
const { base } = place.dataset;

fetch(`${base}/openapi.json`)
  .then((answer) => answer.json())
  .then((description) => {
    // What is tried goes to the address the page came from: the policy lets it go nowhere else.
    const spec = { ...description, servers: [{ url: location.origin + base }] };
    window.SwaggerUIBundle({
      domNode: place,
      spec,
      validatorUrl: null,
      docExpansion: 'none',
      defaultModelsExpandDepth: -1,
      displayRequestDuration: true,
      filter: true,
      tagsSorter: (one, other) => rank(one) - rank(other),
    });
  })
  .catch(() => {
    place.textContent = 'The host did not answer. Reload the page.';
  });

function rank(tag) {
  return ['client', 'portal', 'host'].indexOf(tag);
}
