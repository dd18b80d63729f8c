"""Holds what `hon-eval submit --dry-run` prints against the schemas of those who read it.

Kubernetes' manifests against the published schema of its API, SkyPilot's task file by SkyPilot itself. It needs
`pip install kubernetes-validate skypilot`.

    hon-eval submit --kubernetes --image hon-eval:cpu --gpus 1 --dry-run | python test/python/validate_submission.py
    hon-eval submit --skypilot --gpus A100:1 --dry-run | python test/python/validate_submission.py
"""

import sys

import yaml

API = "1.33"


def main():
    documents = [document for document in yaml.safe_load_all(sys.stdin) if document]
    for document in documents:
        print(validate_manifest(document) if "kind" in document else validate_task(document))


def validate_manifest(document):
    import kubernetes_validate

    kubernetes_validate.validate(document, API, strict=True)
    return f"{document['kind']} {document['metadata']['name']}: as Kubernetes {API} has it"


def validate_task(document):
    import sky

    task = sky.Task.from_yaml_config(document)
    return f"task {task.name}: {task.num_nodes} nodes, {', '.join(map(str, task.resources))}"


if __name__ == "__main__":
    main()
