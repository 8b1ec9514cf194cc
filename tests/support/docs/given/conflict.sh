# Somebody else has set the image that the document sets, after the document was applied.
bash -e "$(dirname "$0")/web.sh"
kubectl patch cw web --type merge -p '{"spec":{"image":"registry.example.com/shop/web:1.4.1"}}'
