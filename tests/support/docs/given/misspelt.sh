# A field that does not exist, in the document.
sed -i 's|replicas:|replica:|' web.yaml
