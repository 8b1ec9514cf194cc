# The example after three releases, all of them good: revisions 1 to 3.
bash -e "$(dirname "$0")/web.sh"
for release in 1.4.1 1.5; do
    kubectl patch cw web --type merge -p '{"spec":{"image":"registry.example.com/shop/web:'$release'"}}'
    wharfinger wait web --timeout 90s
done
