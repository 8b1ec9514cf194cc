# A newer image in the document than in the cluster.
sed -i 's|web:1.4$|web:1.5|' web.yaml
