// Validates a JSON list of Kubernetes objects from standard input by Kubernetes' own schemas; prints what is wrong, a line each.
import * as models from 'kubernetes-models';

const namespaceOf = {
  v1: models.v1, 'apps/v1': models.apps?.v1, 'autoscaling/v2': models.autoscaling?.v2, 'policy/v1': models.policy?.v1,
  'networking.k8s.io/v1': models.networkingK8sIo?.v1,
};
let text = '';
for await (const chunk of process.stdin) text += chunk;
for (const object of JSON.parse(text)) {
  const name = `${object.apiVersion} ${object.kind} ${object.metadata?.name}`;
  const Model = namespaceOf[object.apiVersion]?.[object.kind];
  if (!Model) {
    console.log(`${name}: no such kind`);
    continue;
  }
  try {
    new Model(object).validate();
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}
