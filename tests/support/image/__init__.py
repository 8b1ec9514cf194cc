"""The operator's image, built where no registry can be reached."""
