from setuptools import Extension, setup

setup(
    name="demo",
    version="1.0",
    packages=["demo"],
    package_dir={"": "src"},
    ext_modules=[Extension("demo.fast", ["src/demo/fast.c"])],
    entry_points={"console_scripts": ["demo = demo:main"]},
)
