"""A function of AWS Lambda on your own machine, behind a front that speaks as AWS's gateways do.

The function itself is in the folder function, as it is deployed with template.yaml. Start it with
``python3 examples/run.py serverless``.
"""
