import { deployAgain, setDeployment } from '../../lifecycle/deploy-settings.ts';
import type { Body } from '../command.ts';
import { deploymentFrom, isSetting } from '../../deploy/deployment-words.ts';
import { interruptible } from '../interruptible.ts';
import type { certDeployParameters } from '../parameters-deploy.ts';
import { deployedSentence } from '../show-deployments.ts';
import { assertNoStoreFile } from '../store-files.ts';

/** Set where a certificate goes and deploy it, or deploy it again. */
export const run: Body<typeof certDeployParameters> = async (args, context) => {
  const { certName: name, later } = args;
  const { log, print } = context;
  const services = await context.services();
  if (!isSetting(args)) {
    const result = await interruptible(context, name, (signal) =>
      deployAgain({ ...services, signal }, name),
    );
    const files = result.type === 'deployed' ? result.files : [];
    print.done(
      { name, type: result.type, files },
      result.type === 'deployed'
        ? deployedSentence(name, files)
        : `"${name}" was imported, and no "cert deploy" says where it goes`,
    );
    return 0;
  }
  const deployment = await deploymentFrom(args, log);
  for (const { path } of deployment.files) assertNoStoreFile(path, context);
  const result = await interruptible(context, name, (signal) =>
    setDeployment({ ...services, signal }, name, deployment, later),
  );
  const files = result.type === 'deployed' ? result.files : [];
  print.done(
    { name, to: deployment.label, type: result.type, files },
    result.type === 'deployed'
      ? deployedSentence(name, files)
      : `Deployment "${deployment.label}" of "${name}" is stored; it counts from the next delivery on`,
  );
  return 0;
};
